import { SluiceError } from '@sluice/plugin-sdk';

/** No native code in this process from here on: no check of the process binds such code. What is loaded stays. */
export function barNativeCode(): void {
  const refuse = (_module: unknown, file: unknown): never => {
    const message = `native code may not be loaded (${String(file)}); declare the capability 'native', and have it granted`;
    throw new SluiceError('PLUGIN_NOT_GRANTED', message);
  };
  Object.defineProperty(process, 'dlopen', { value: refuse, writable: false, configurable: false });
}
