import { expect, test } from 'vitest';
import { parseJdbcUrl } from './jdbc-url.js';

test('a URL names its driver, host, port, database and what its options say of TLS', () => {
  expect(parseJdbcUrl('jdbc:mysql://db.example:3307/shop?useSSL=true&characterEncoding=utf8', 'u', 'p')).toEqual({
    driver: 'mysql', host: 'db.example', port: 3307, database: 'shop', user: 'u', password: 'p', tls: 'require', zeroDatesAsNull: false,
  }); // prettier-ignore
  expect(parseJdbcUrl('jdbc:postgresql://[::1]/a%20b?user=me&password=s%26t&sslmode=verify-full')).toMatchObject({
    driver: 'postgresql', host: '::1', port: 5432, database: 'a b', user: 'me', password: 's&t', tls: 'verify',
  }); // prettier-ignore
  expect(parseJdbcUrl('jdbc:postgresql:shop')).toMatchObject({ host: '127.0.0.1', database: 'shop' });
  expect(parseJdbcUrl('jdbc:mysql:loadbalance://h/db?zeroDateTimeBehavior=convertToNull')).toMatchObject({
    zeroDatesAsNull: true,
  });
  expect(parseJdbcUrl('jdbc:sqlite:/data/shop.db?journal_mode=WAL')).toEqual({
    driver: 'sqlite',
    path: '/data/shop.db',
  });
});

test.each([
  ['mariadb', 'mysql', 3306],
  ['tidb', 'mysql', 4000],
  ['oceanbase', 'mysql', 2881],
  ['opengauss', 'postgresql', 5432],
  ['kingbase8', 'postgresql', 54321],
])('jdbc:%s is spoken to as %s', (word, driver, port) => {
  expect(parseJdbcUrl(`jdbc:${word}://h/db`)).toMatchObject({ driver, port });
});

test('options of Java drivers are taken, change nothing, or are refused by name', () => {
  expect(parseJdbcUrl('jdbc:postgresql://h/db?currentSchema=a,b&ApplicationName=x')).toMatchObject({
    searchPath: 'a,b',
  });
  expect(parseJdbcUrl('jdbc:mysql://h/db?serverTimezone=GMT%2B8&rewriteBatchedStatements=true')).toEqual(parseJdbcUrl('jdbc:mysql://h/db')); // prettier-ignore
  for (const option of ['sessionVariables', 'sslrootcert', 'options', 'trustCertificateKeyStoreUrl']) {
    expect(() => parseJdbcUrl(`jdbc:mysql://h/db?${option}=hunter2`)).toThrow(`the option ${option} of the JDBC URL`);
    expect(() => parseJdbcUrl(`jdbc:mysql://h/db?${option}=hunter2`)).not.toThrow('hunter2');
  }
});

test('the URL that a datasource fills into a stop keeps its TLS', () => {
  expect(parseJdbcUrl('jdbc:mysql://h/db?sslMode=verify')).toMatchObject({ tls: 'verify' });
  expect(parseJdbcUrl('jdbc:postgresql://h/db?sslmode=require')).toMatchObject({ tls: 'require' });
  const sqlserver = 'jdbc:sqlserver://h:1;databaseName=shop;user=sa;encrypt=true';
  expect(parseJdbcUrl(sqlserver)).toMatchObject({ database: 'shop', port: 1, user: 'sa', tls: 'verify' });
  expect(parseJdbcUrl(`${sqlserver};trustServerCertificate=true`)).toMatchObject({ tls: 'require' });
});

test('a URL that cannot be used is refused by name, and its password is not shown', () => {
  const reason = (url: string): string => {
    try {
      parseJdbcUrl(url);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  expect(parseJdbcUrl('jdbc:dm://h?schema=SHOP')).toMatchObject({ driver: 'dameng', port: 5236, database: 'SHOP' });
  expect(reason('jdbc:sqlite::memory:')).toContain('names no file');
  expect(reason('jdbc:mysq://h/db')).toContain("did you mean 'mysql'");
  expect(reason('jdbc:mysql://a,b/db?password=hunter2')).toBe('the JDBC URL names several hosts; name one of them');
  expect(reason('jdbc:mysql://h:x/db')).toContain("the port 'x'");
});
