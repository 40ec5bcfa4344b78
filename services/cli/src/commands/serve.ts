import { isSluiceError, launch } from '@sluice/chassis';

/** Starts services and keeps them until the process is asked to end; a second request ends it at once. */
export async function serve(services: readonly string[]): Promise<void> {
  let asked = false;
  let close: (() => Promise<void>) | undefined;
  const end = (): void => {
    if (asked) process.exit(130);
    asked = true;
    if (close !== undefined) void close().then(() => process.exit(0));
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  try {
    const launched = await launch(services);
    close = () => launched.close();
    if (asked) await close();
  } catch (error) {
    console.error(isSluiceError(error) ? `${error.reason}: ${error.message}` : error);
    process.exit(1);
  }
}
