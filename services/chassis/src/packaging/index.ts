/** Archives of npm packages, for those who serve and upload them. */
export { packFiles, type PackOptions } from './pack-files.js';
export { packPythonSdk, pythonSdkFolder, type SdkWheel } from './pack-python-sdk.js';
export { packInstalled, type InstalledArchive } from './pack-installed.js';
