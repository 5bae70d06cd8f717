// What the dashboard's charts use of Vega: a description is compiled, parsed, and drawn without generated code.
export { View, loader, parse } from 'vega';
export { compile } from 'vega-lite';
export { expressionInterpreter } from 'vega-interpreter';
