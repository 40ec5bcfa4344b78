import { defineDatasource, property, type Connection, type ConnectOptions } from '@sluice/plugin-sdk';
import { clientError } from './failures.js';
import { connection, keys } from './properties.js';
import { openSession } from './open-session.js';
import { entriesOf, type Target } from './session.js';

const { ftpUrl, ftpPort, ftpUsername, ftpPassword, tls } = connection;

/** PiFlow's template for FTP. */
export const ftp = defineDatasource({
  name: 'ftp',
  aliases: ['ftps'],
  title: { en: 'FTP', zh: 'FTP' },
  description: { en: 'A server of FTP, or of FTPS with TLS.', zh: 'FTP 服务器，或使用 TLS 的 FTPS 服务器。' },
  family: 'ftp',
  properties: {
    host: property.string({ ...ftpUrl, title: { en: 'Host', zh: '主机' }, aliases: ['ftpUrl', 'url'], required: true }),
    port: { ...ftpPort, title: { en: 'Port', zh: '端口' }, aliases: ['ftpPort'] },
    user: property.string({
      ...ftpUsername,
      title: { en: 'User', zh: '用户' },
      aliases: ['ftpUsername', 'username'],
      default: 'anonymous',
    }),
    password: property.secret({
      ...ftpPassword,
      title: { en: 'Password', zh: '密码' },
      aliases: ['ftpPassword'],
      default: '',
    }),
    tls,
  },
  fills: { ftpUrl: '${host}', ftpPort: '${port}', ftpUsername: '${user}', ftpPassword: '${password}' },
  connect: (values, options) => {
    const ssh = { privateKey: '', passphrase: '', hostKey: '' };
    return connectionTo({ ...values, ...ssh, protocol: 'ftp', port: values.port ?? 21 }, options);
  },
});

/** The same over SSH. */
export const sftp = defineDatasource({
  name: 'sftp',
  aliases: ['ssh'],
  title: { en: 'SFTP', zh: 'SFTP' },
  description: {
    en: 'Files of a server by SSH, with a password or a private key.',
    zh: '通过 SSH 访问服务器文件，使用密码或私钥。',
  },
  family: 'ftp',
  properties: {
    host: ftp.properties.host,
    port: { ...ftpPort, title: { en: 'Port', zh: '端口' }, aliases: ['ftpPort'], example: 22 },
    user: property.string({
      ...ftpUsername,
      title: { en: 'User', zh: '用户' },
      description: { en: 'The user.', zh: '用户。' },
      aliases: ['ftpUsername', 'username'],
      required: true,
      default: undefined,
    }),
    password: ftp.properties.password,
    ...keys,
  },
  fills: { ...ftp.fills, ftpUrl: 'sftp://${host}' },
  connect: (values, options) =>
    connectionTo({ ...values, protocol: 'sftp', tls: 'off', port: values.port ?? 22 }, options),
});

async function connectionTo(target: Target, options: ConnectOptions): Promise<Connection> {
  const session = await openSession(target, options);
  return {
    about: () => session.about(),
    async browse(path, limit) {
      const folder = `/${path.join('/')}`;
      try {
        const entries = await entriesOf(session, folder);
        entries.sort((a, b) => (a.name < b.name ? -1 : 1));
        return entries.slice(0, limit).map(({ name, isFolder }) => {
          return { name, kind: isFolder ? 'folder' : 'file', type: '', hasChildren: isFolder };
        });
      } catch (error) {
        throw clientError(target, error, `listing '${folder}'`);
      }
    },
    close: () => Promise.resolve(session.close()),
  };
}
