/** The error class of Sluice, for services that may not import the plugin SDK. */
export { ERROR_CODES, REASONS, SluiceError, isSluiceError, toSluiceError } from '@sluice/plugin-sdk/errors';
export type { ErrorCode, ErrorOptions, Problem, Reason } from '@sluice/plugin-sdk/errors';
