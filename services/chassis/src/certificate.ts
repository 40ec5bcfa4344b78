/**
 * What to do when a server's certificate was not accepted; undefined when the failure is another.
 * The texts are those of OpenSSL and of Node's own check of the name, which drivers pass on in their messages.
 */
export function certificateRemedy(message: string): string | undefined {
  if (/altnames|does not match certificate/i.test(message)) {
    return 'name the server in the address as its certificate does, or give it a certificate for this name';
  }
  if (/certificate/i.test(message)) {
    return 'set NODE_EXTRA_CA_CERTS to the file (PEM) of the authority that signed the certificate, or renew the certificate';
  }
  return undefined;
}
