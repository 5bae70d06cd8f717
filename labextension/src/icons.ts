import { LabIcon } from '@jupyterlab/ui-components';

/** A light bulb in the colours of the theme. */
export const explainIcon = new LabIcon({
  name: 'learnflow:explain',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" d="M9 21c0 .6.4 1 1 1h4c.6 0 1-.4 1-1v-1H9v1zm3-19a7 7 0 0 0-4 12.7V17c0 .6.4 1 1 1h6c.6 0 1-.4 1-1v-2.3A7 7 0 0 0 12 2zm2.9 11.1-.9.6V16h-4v-2.3l-.8-.6A5 5 0 0 1 7 9a5 5 0 0 1 10 0 5 5 0 0 1-2.1 4.1z"/>
</svg>`
});

/** A speech bubble with a question mark. */
export const askIcon = new LabIcon({
  name: 'learnflow:ask',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" d="M20 2H4a2 2 0 0 0-2 2v18l4-4h14a2 2 0 0 0 2-2V4a2 2 0 0 0-2-2zm0 14H5.2L4 17.2V4h16v12zm-9-3h2v2h-2v-2zm1-8.5A3.5 3.5 0 0 0 8.5 8h2a1.5 1.5 0 1 1 3 0c0 1.5-2.5 1.4-2.5 4h2c0-1.8 2.5-2 2.5-4A3.5 3.5 0 0 0 12 4.5z"/>
</svg>`
});

/** A sheet with a tick. */
export const assignmentsIcon = new LabIcon({
  name: 'learnflow:assignments',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" d="M19 3h-4.2a3 3 0 0 0-5.6 0H5a2 2 0 0 0-2 2v14c0 1.1.9 2 2 2h14a2 2 0 0 0 2-2V5a2 2 0 0 0-2-2zm-7 0a1 1 0 1 1 0 2 1 1 0 0 1 0-2zm7 16H5V5h2v2h10V5h2v14zm-8.6-2.6L7 13l1.4-1.4 2 2 5.2-5.2L17 9.8l-6.6 6.6z"/>
</svg>`
});

/** Three steps that go up. */
export const progressIcon = new LabIcon({
  name: 'learnflow:progress',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" d="M4 14h4v7H4zm6-5h4v12h-4zm6-6h4v18h-4z"/>
</svg>`
});
