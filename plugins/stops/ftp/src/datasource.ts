import { defineDatasource, property } from '@sluice/plugin-sdk';
import { clientError } from './failures.js';
import { connection } from './properties.js';
import { entriesOf, openSession } from './session.js';

const { ftpUrl, ftpPort, ftpUsername, ftpPassword, tls } = connection;

/** PiFlow's template for FTP. */
export const ftp = defineDatasource({
  name: 'ftp',
  aliases: ['ftps'],
  title: { en: 'FTP', zh: 'FTP' },
  description: { en: 'A server of FTP, or of FTPS with TLS.', zh: 'FTP 服务器，或使用 TLS 的 FTPS 服务器。' },
  family: 'ftp',
  properties: {
    host: property.string({ ...ftpUrl, title: { en: 'Host', zh: '主机' }, aliases: ['ftpUrl'], required: true }),
    port: { ...ftpPort, title: { en: 'Port', zh: '端口' }, aliases: ['ftpPort'] },
    user: property.string({
      ...ftpUsername,
      title: { en: 'User', zh: '用户' },
      aliases: ['ftpUsername'],
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
  async connect(values, options) {
    const client = await openSession(values, options);
    return {
      async about() {
        const { message } = await client.send('SYST', true);
        return { product: 'FTP', version: message.replace(/^\d+ /, '') };
      },
      async browse(path, limit) {
        try {
          const entries = await entriesOf(client, `/${path.join('/')}`);
          entries.sort((a, b) => (a.name < b.name ? -1 : 1));
          return entries.slice(0, limit).map(({ name, isDirectory }) => {
            return { name, kind: isDirectory ? 'folder' : 'file', type: '', hasChildren: isDirectory };
          });
        } catch (error) {
          throw clientError(values, error, `listing '/${path.join('/')}'`);
        }
      },
      close: () => Promise.resolve(client.close()),
    };
  },
});
