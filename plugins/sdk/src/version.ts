/** The version of this SDK; a plugin's `sdk` range must include it. */
export const SDK_VERSION = '1.0.0';
