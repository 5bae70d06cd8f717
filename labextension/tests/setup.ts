// What JupyterLab's packages look for as they are loaded, and jsdom has not.
class DragEventStandIn extends MouseEvent {}

const noMatch = () => ({
  matches: false,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  addListener: () => undefined,
  removeListener: () => undefined
});

Object.assign(globalThis, { DragEvent: DragEventStandIn });
Object.assign(window, { matchMedia: noMatch });
// Buttons of toolbars are drawn when a browser is idle, with elements that jsdom cannot make: never here.
Object.assign(globalThis, {
  requestIdleCallback: () => 0,
  cancelIdleCallback: () => undefined
});
