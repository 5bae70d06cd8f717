import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'jsdom',
    include: ['tests/*.spec.ts'],
    setupFiles: ['tests/setup.ts'],
    server: {
      // JupyterLab publishes ES modules that Node does not take for such.
      deps: { inline: [/@jupyterlab\//, /@jupyter\//, /@lumino\//] }
    }
  }
});
