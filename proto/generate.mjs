// Makes proto/gen from the .proto files: TypeScript by ts-proto and the descriptor image that reflection, the JSON API
// and its OpenAPI document are made from. `--check` fails when proto/gen is not what the .proto files say.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const buf = join(root, 'node_modules/.bin/buf');
const run = (command, args) => execFileSync(command, args, { cwd: root, stdio: 'inherit' });

if (process.argv.includes('--check')) {
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-gen-'));
  try {
    generate(scratch);
    run('diff', ['-r', join(scratch, 'proto/gen'), 'proto/gen']);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
} else {
  generate(root);
}

function generate(into) {
  run(buf, ['generate', '--output', into]);
  run(buf, ['build', '--output', join(into, 'proto/gen/image.binpb')]);
}
