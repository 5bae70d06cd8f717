// The dashboard serves htmx, Vega and ReDoc from the package, never from a CDN: puts what yarn.lock names beside
// it, in one file each, and the licences of all that is in them.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const at = path => fileURLToPath(new URL(path, import.meta.url));
const MODULES = at('../node_modules/');
const FOLDER = at('../../learnflow_ext/service/static/vendor/');

// A bundle holds what its packages depend on as well.
function withDependencies(name, seen) {
  const folder = join(MODULES, name);
  if (seen.has(name) || !existsSync(folder)) {
    return;
  }
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find(each => /^licen[cs]e/i.test(each));
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : '';
  seen.set(name, `${name} ${about.version} (${about.license})\n\n${text}`);
  Object.keys(about.dependencies ?? {}).forEach(each =>
    withDependencies(each, seen)
  );
}

mkdirSync(FOLDER, { recursive: true });
copyFileSync(
  join(MODULES, 'htmx.org/dist/htmx.min.js'),
  join(FOLDER, 'htmx.min.js')
);
await build({
  input: at('vega.mjs'),
  platform: 'browser',
  output: {
    file: join(FOLDER, 'vega.min.js'),
    format: 'iife',
    name: 'vega',
    minify: true
  }
});
// ReDoc comes as one file already. It would fetch its maker's picture from elsewhere, which its page forbids.
const NOTHING =
  'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
const redoc = readFileSync(
  join(MODULES, 'redoc/bundles/redoc.standalone.js'),
  'utf8'
);
writeFileSync(
  join(FOLDER, 'redoc.min.js'),
  redoc
    .replace(/https:\/\/cdn\.redoc\.ly\/redoc\/logo[^"'`]*/g, NOTHING)
    .replace(/\n\/\/# sourceMappingURL=.*/, '')
);
const licences = new Map();
['htmx.org', 'redoc', 'vega', 'vega-lite', 'vega-interpreter'].forEach(name =>
  withDependencies(name, licences)
);
licences.set(
  'redoc.standalone.js',
  `What is in ReDoc's file besides\n\n${readFileSync(
    join(MODULES, 'redoc/bundles/redoc.standalone.js.LICENSE.txt'),
    'utf8'
  ).trim()}`
);
const line = `\n\n${'-'.repeat(72)}\n\n`;
writeFileSync(
  join(FOLDER, 'LICENSES.txt'),
  `${[...licences.values()].join(line)}\n`
);
