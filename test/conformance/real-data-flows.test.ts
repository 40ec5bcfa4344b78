import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowOfStops, runFlow } from '../bench/flows.js';
import { hasVega, NONE, readCsv, readJson, RealData, sql, VEGA, writeParquet, type Stop } from './real-data.js';

const common = (name: string, properties: object = {}, customizedProperties: object = {}): Stop => ({
  name,
  bundle: `cn.piflow.bundle.common.${name}`,
  properties,
  customizedProperties,
});
const path = (from: string, to: string, outport = '', inport = '') => ({ from, outport, inport, to });
const vega = (file: string) => `'${join(VEGA, file)}'`;

describe.skipIf(!hasVega)('flows over the files of vega-datasets agree with plain DuckDB', () => {
  let data: RealData;
  beforeAll(async () => {
    data = await RealData.start();
  });
  afterAll(() => data?.close());

  const written = (name: string) => `FROM read_parquet('${data.file(name)}')`;

  test('3 million flights, filtered and grouped', async () => {
    const read = {
      name: 'read',
      bundle: 'sluice.parquet.read',
      properties: { path: 'hdfs://vega/flights-3m.parquet' },
    };
    const summary = sql(
      `SELECT origin, date_format(date, 'yyyy-MM') AS month, count(*) AS flights, sum(delay) AS delay,
              avg(distance) AS distance, max(named_struct('delay', delay, 'to', destination)).to AS latest
         FROM input GROUP BY origin, date_format(date, 'yyyy-MM')`,
    );
    const run = await runFlow(
      data.runs,
      rowOfStops('flights', [
        read,
        common('Filter', { condition: 'delay BETWEEN -60 AND 240' }),
        summary,
        writeParquet('a'),
      ]),
    );
    const want = `SELECT origin, strftime(date, '%Y-%m') AS month, count(*) AS flights, sum(delay)::BIGINT AS delay,
                         avg(distance) AS distance, max({delay: delay, dest: destination}).dest AS latest
                    FROM ${vega('flights-3m.parquet')} WHERE delay BETWEEN -60 AND 240 GROUP BY ALL`;
    expect(await data.difference(written('a'), want)).toEqual(NONE);
    const [{ rows = 0 } = {}] = await data.query(`SELECT count(*) AS rows FROM (${want})`);
    expect(run.stops.find(({ name }) => name === 'write')?.inputs[0]?.rows).toBe(BigInt(Number(rows)));
  });

  test('films: odd titles, years in words, ratings that are missing', async () => {
    const text = `SELECT \`Major Genre\` AS genre, year(to_date(\`Release Date\`, 'MMM dd yyyy')) AS year,
                         count(*) AS films, count(\`IMDB Rating\`) AS rated, sum(\`US Gross\`) AS gross,
                         round(avg(\`IMDB Rating\`), 6) AS rating, max(length(\`Title\`)) AS longest
                    FROM input GROUP BY 1, 2`;
    const flow = rowOfStops('films', [readJson('hdfs://vega/movies.json'), sql(text), writeParquet('b')]);
    await runFlow(data.runs, flow);
    const want = `SELECT "Major Genre" AS genre, year(strptime("Release Date", '%b %d %Y'))::INTEGER AS year,
                         count(*) AS films, count("IMDB Rating") AS rated, sum("US Gross"::BIGINT)::BIGINT AS gross,
                         round(avg("IMDB Rating"::DOUBLE), 6) AS rating, max(length("Title"))::INTEGER AS longest
                    FROM read_json(${vega('movies.json')}, columns = {"Major Genre": 'VARCHAR', "Release Date": 'VARCHAR',
                         "IMDB Rating": 'DOUBLE', "US Gross": 'BIGINT', "Title": 'VARCHAR'}) GROUP BY ALL`;
    expect(await data.difference(written('b'), want)).toEqual(NONE);
  });

  test('earthquakes: an array of nested objects is opened, a row for each', async () => {
    const tags = 'features_id,features_properties.mag,features_properties.place,features_geometry.coordinates';
    await runFlow(
      data.runs,
      rowOfStops('quakes', [
        readJson('hdfs://vega/earthquakes.json', tags),
        sql(`SELECT features_id AS id, \`features_properties.mag\` AS mag, upper(\`features_properties.place\`) AS place,
                    \`features_geometry.coordinates\`[2] AS depth FROM input`),
        writeParquet('c'),
      ]),
    );
    const want = `SELECT f->>'id' AS id, (f->>'$.properties.mag')::DOUBLE AS mag, upper(f->>'$.properties.place') AS place,
                         (f->>'$.geometry.coordinates[2]')::DOUBLE AS depth
                    FROM (SELECT unnest((content::JSON)->'$.features[*]') AS f FROM read_text(${vega('earthquakes.json')}))`;
    expect(await data.difference(written('c'), want)).toEqual(NONE);
    expect(await data.query(`SELECT count(*)::INTEGER AS rows ${written('c')}`)).toEqual([{ rows: 1707 }]);
  });

  test('flights between airports: two files joined, ranked in windows', async () => {
    const airports: Stop = {
      name: 'airports',
      bundle: 'sluice.csv.read',
      properties: { path: 'hdfs://vega/airports.csv', header: true, inferSchema: true, escape: '"' },
    };
    const flow = {
      name: 'routes',
      stops: [
        readCsv('hdfs://vega/flights-airport.csv'),
        airports,
        sql('SELECT iata AS origin, name, state, latitude FROM input', 'rename'),
        common('Join', { joinMode: 'left', correlationColumn: 'origin' }),
        sql(`SELECT origin, name, state, latitude, destination, \`count\`,
                    rank() OVER (PARTITION BY state ORDER BY \`count\` DESC, origin, destination) AS place,
                    sum(\`count\`) OVER (PARTITION BY origin) AS departures FROM input`),
        writeParquet('d'),
      ],
      paths: [
        path('airports', 'rename'),
        path('read', 'Join', '', 'Left'),
        path('rename', 'Join', '', 'Right'),
        path('Join', 'sql'),
        path('sql', 'write'),
      ],
    };
    await runFlow(data.runs, flow);
    const want = `SELECT origin, name, state, latitude, destination, "count"::INTEGER AS "count",
                         (rank() OVER (PARTITION BY state ORDER BY "count" DESC, origin, destination))::INTEGER AS place,
                         (sum("count") OVER (PARTITION BY origin))::BIGINT AS departures
                    FROM read_csv(${vega('flights-airport.csv')}) LEFT JOIN read_csv(${vega('airports.csv')}) ON iata = origin`;
    expect(await data.difference(written('d'), want)).toEqual(NONE);
  });

  test('bird strikes: routed by conditions, without repeated rows, to three sinks', async () => {
    const columns = 'Airport Name,Wildlife Size,Cost Total $';
    const flow = {
      name: 'strikes',
      stops: [
        readCsv('hdfs://vega/birdstrikes.csv'),
        common('SelectField', { columnNames: columns }),
        common('Route', {}, { dear: '`Cost Total $` >= 100000', small: "`Wildlife Size` = 'Small'" }),
        common('Distinct'),
        writeParquet('dear', 'dear'),
        writeParquet('small', 'small'),
        writeParquet('all', 'all'),
      ],
      paths: [
        path('read', 'SelectField'),
        path('SelectField', 'Route'),
        path('Route', 'Distinct', 'dear'),
        path('Distinct', 'dear'),
        path('Route', 'small', 'small'),
        path('Route', 'all'),
      ],
    };
    await runFlow(data.runs, flow);
    const from = `SELECT "Airport Name", "Wildlife Size", "Cost Total $"::INTEGER AS "Cost Total $" FROM read_csv(${vega('birdstrikes.csv')})`;
    const dear = `SELECT DISTINCT * FROM (${from}) WHERE "Cost Total $" >= 100000`;
    expect(await data.difference(written('dear'), dear)).toEqual(NONE);
    const small = `FROM (${from}) WHERE "Wildlife Size" = 'Small'`;
    expect(await data.difference(written('small'), small)).toEqual(NONE);
    expect(await data.difference(written('all'), from)).toEqual(NONE);
  });

  test('four samples of flights put together, and those of one taken away', async () => {
    const sample = (name: string, size: string): Stop => ({ ...readJson(`hdfs://vega/flights-${size}.json`), name });
    const flow = {
      name: 'samples',
      stops: [
        sample('two', '2k'),
        sample('five', '5k'),
        sample('ten', '10k'),
        common('Merge', { inports: 'two,five' }),
        common('Subtract'),
        writeParquet('merged', 'merged'),
        writeParquet('left', 'left'),
      ],
      paths: [
        path('two', 'Merge', '', 'two'),
        path('five', 'Merge', '', 'five'),
        path('Merge', 'merged'),
        path('ten', 'Subtract', '', 'Left'),
        path('Merge', 'Subtract', '', 'Right'),
        path('Subtract', 'left'),
      ],
    };
    await runFlow(data.runs, flow);
    const shape = `columns = {date: 'VARCHAR', delay: 'BIGINT', destination: 'VARCHAR', distance: 'BIGINT', origin: 'VARCHAR'}`;
    const json = (size: string) => `FROM read_json(${vega(`flights-${size}.json`)}, ${shape})`;
    const merged = `(${json('2k')}) UNION ALL (${json('5k')})`;
    expect(await data.difference(written('merged'), merged)).toEqual(NONE);
    expect(await data.difference(written('left'), `(${json('10k')}) EXCEPT (${merged})`)).toEqual(NONE);
  });

  test('share prices: changes and moving sums over days', async () => {
    const text = `SELECT date, volume, close - lag(close) OVER (ORDER BY date) AS change,
                         round(sum(close) OVER (ORDER BY date ROWS BETWEEN 19 PRECEDING AND CURRENT ROW), 6) AS month,
                         weekofyear(date) AS week, date_trunc('MONTH', date) = trunc(date, 'MM') AS agrees FROM input`;
    await runFlow(
      data.runs,
      rowOfStops('prices', [readCsv('hdfs://vega/sp500-2000.csv'), sql(text), writeParquet('e')]),
    );
    const want = `SELECT date, volume, close - lag(close) OVER (ORDER BY date) AS change,
                         round(sum(close) OVER (ORDER BY date ROWS BETWEEN 19 PRECEDING AND CURRENT ROW), 6) AS month,
                         weekofyear(date)::INTEGER AS week, true AS agrees FROM read_csv(${vega('sp500-2000.csv')})`;
    expect(await data.difference(written('e'), want)).toEqual(NONE);
  });

  test.each<[string, Stop, Stop]>([
    [
      'gzip CSV in folders by value',
      csvTo('round', { partitionBy: 'state', compression: 'gzip', header: true }),
      csvFrom('round', { header: true, inferSchema: true }),
    ],
    [
      'zstd CSV with a word for NULL',
      csvTo('zstd', { compression: 'zstd', header: true, nullValue: '\\N' }),
      csvFrom('zstd', { header: true, inferSchema: true, nullValue: '\\N' }),
    ],
    [
      'UTF-16 CSV',
      csvTo('utf16', { encoding: 'UTF-16', header: true, single: true, delimiter: '\\t' }),
      csvFrom('utf16', { encoding: 'UTF-16', header: true, inferSchema: true, delimiter: '\\t' }),
    ],
    [
      'gzip JSON',
      { name: 'save', bundle: 'sluice.json.write', properties: { path: 'hdfs:///zj', compression: 'gzip' } },
      { name: 'again', bundle: 'sluice.json.read', properties: { path: 'hdfs:///zj' } },
    ],
  ])('42,049 zip codes come back whole through %s', async (_, save, again) => {
    await runFlow(data.runs, rowOfStops('out', [readCsv('hdfs://vega/zipcodes.csv'), save]));
    const name = `back-${save.name}-${_.replaceAll(' ', '-')}`;
    await runFlow(data.runs, rowOfStops('back', [again, writeParquet(name)]));
    const columns = 'zip_code::INTEGER, latitude::DOUBLE, longitude::DOUBLE, city, state, county';
    const want = `SELECT ${columns} FROM read_csv(${vega('zipcodes.csv')})`;
    expect(await data.difference(`SELECT ${columns} ${written(name)}`, want)).toEqual(NONE);
  });
});

function csvTo(name: string, properties: object): Stop {
  return { name: 'save', bundle: 'sluice.csv.write', properties: { path: `hdfs:///${name}`, ...properties } };
}

function csvFrom(name: string, properties: object): Stop {
  return { name: 'again', bundle: 'sluice.csv.read', properties: { path: `hdfs:///${name}`, ...properties } };
}
