import type { StopType } from '@sluice/proto/catalog/v1/stop';
import type { MountedStop } from './generation.js';

/** A stop type as the catalog's contract says it. */
export declare function describeStopType(stop: MountedStop): StopType;
