import type { Frame } from './frames.js';
import type { Scope } from './scope.js';
import type { PivotRef, UnpivotRef } from './tree.js';

export function pivot(scope: Scope, node: PivotRef, _frame: Frame): Frame {
  throw scope.unsupported(node.at, 'PIVOT', 'use aggregate functions with FILTER (WHERE ...)');
}

export function unpivot(scope: Scope, node: UnpivotRef, _frame: Frame): Frame {
  throw scope.unsupported(node.at, 'UNPIVOT', 'use LATERAL VIEW stack(...)');
}
