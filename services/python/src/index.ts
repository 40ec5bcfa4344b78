/** Finds Python, and hosts stops that are written in it. */
export { findPython, type Interpreter } from './interpreter.js';
export { isPython, pythonHost, type PythonHostOptions, type PythonRights } from './host.js';
export type { FromPython, PythonCall, PythonInput, PythonOutput, ToPython } from './protocol.js';
export { readWheel, wheelFits, type Wheel } from './wheel.js';
