import { property, tls } from '@sluice/plugin-sdk';
import type { Target } from './session.js';

/** What PiFlow's stops for FTP ask for to connect; the aliases are those of its older stops. */
export const connection = {
  ftpUrl: property.string({
    title: { en: 'ftpUrl', zh: 'FTP 主机' },
    description: {
      en: 'The name or address of the server; with sftp:// before it, SFTP is spoken.',
      zh: '服务器的主机名或地址；前面写 sftp:// 时使用 SFTP。',
    },
    aliases: ['url_str'],
    required: true,
    example: 'ftp.example.org',
  }),
  ftpPort: property.integer({
    title: { en: 'ftpPort', zh: 'FTP 端口' },
    description: {
      en: 'The port of the server; default 21, and 22 for SFTP.',
      zh: '服务器端口；默认 21，SFTP 为 22。',
    },
    aliases: ['port'],
    min: 1,
    max: 65_535,
    example: 21,
  }),
  ftpUsername: property.string({
    title: { en: 'ftpUsername', zh: 'FTP 用户' },
    description: { en: 'The user; default anonymous.', zh: '用户；默认 anonymous。' },
    aliases: ['username'],
    default: 'anonymous',
    example: 'ftpUser',
  }),
  ftpPassword: property.secret({
    title: { en: 'ftpPassword', zh: 'FTP 密码' },
    description: { en: 'The password of the user.', zh: '用户的密码。' },
    aliases: ['password'],
    default: '',
  }),
  tls: {
    ...tls,
    description: {
      en: 'Whether the connection is encrypted (FTPS): off, require, or verify, which also checks the certificate.',
      zh: '连接是否加密（FTPS）：off（否）、require（是）、verify（是，并校验证书）。',
    },
  },
};

/** What SFTP takes besides. */
export const keys = {
  privateKey: property.secret({
    title: { en: 'Private key', zh: '私钥' },
    description: {
      en: "For SFTP: the user's private key, its whole text; it takes the place of the password.",
      zh: '用于 SFTP：用户私钥的完整文本；代替密码。',
    },
    default: '',
  }),
  passphrase: property.secret({
    title: { en: 'Passphrase', zh: '私钥口令' },
    description: { en: 'For SFTP: what opens the private key.', zh: '用于 SFTP：打开私钥的口令。' },
    default: '',
  }),
  hostKey: property.string({
    title: { en: 'Host key', zh: '主机密钥' },
    description: {
      en: "For SFTP: the fingerprint that the server's key must have, as ssh-keygen -l shows it; without it any key is taken.",
      zh: '用于 SFTP：服务器密钥必须具有的指纹（ssh-keygen -l 的格式）；不填则接受任何密钥。',
    },
    default: '',
    example: 'SHA256:uNiVztksCsDhcc0u9e8BrZJ5dM1T2XfZ8a2wXxGmB1c',
  }),
};

export const hdfsUrl = property.string({
  title: { en: 'hdfsUrl', zh: 'HDFS 地址' },
  description: {
    en: 'The address that stands before paths, such as hdfs://host:9000.',
    zh: '路径前面的地址，例如 hdfs://host:9000。',
  },
  aliases: ['HDFSUrl'],
  default: '',
  example: 'hdfs://127.0.0.1:9000',
});

interface Given extends Pick<Target, 'tls' | 'privateKey' | 'passphrase' | 'hostKey'> {
  readonly ftpUrl: string;
  readonly ftpPort: number | undefined;
  readonly ftpUsername: string;
  readonly ftpPassword: string;
}

/** The target that a stop's properties describe; `ftp://` before the host and a slash behind it do not matter. */
export function targetOf({ ftpUrl, ftpPort, ftpUsername: user, ftpPassword: password, ...given }: Given): Target {
  const protocol = /^sftp:\/\//i.test(ftpUrl.trim()) ? 'sftp' : 'ftp';
  const host = ftpUrl
    .trim()
    .replace(/^(s?ftp|ftps):\/\//i, '')
    .replace(/\/+$/, '');
  const { tls, privateKey, passphrase, hostKey } = given;
  const port = ftpPort ?? (protocol === 'ftp' ? 21 : 22);
  return { protocol, host, port, user, password, tls, privateKey, passphrase, hostKey };
}

/** How long a stop waits for an answer, or for a transfer that stands still, in milliseconds. */
export const WAIT_MS = 60_000;

/** A location from the address of a file system and a path in it. */
export function joinLocation(url: string, path: string): string {
  const [base, rest] = [url.trim().replace(/\/+$/, ''), path.trim()];
  if (base === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(rest)) return rest;
  return `${base}/${rest.replace(/^\/+/, '')}`;
}
