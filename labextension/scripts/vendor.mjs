// The dashboard serves htmx from the package, never from a CDN: put the build that yarn.lock names beside it.
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const folder = new URL(
  '../../learnflow_ext/service/static/vendor/',
  import.meta.url
);
const source = createRequire(import.meta.url).resolve(
  'htmx.org/dist/htmx.min.js'
);

mkdirSync(folder, { recursive: true });
copyFileSync(source, fileURLToPath(new URL('htmx.min.js', folder)));
