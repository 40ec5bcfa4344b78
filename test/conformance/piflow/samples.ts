import type { FlowDocument } from './client.js';

/** Two rows from a text, shown. */
export function towns(name: string, runMode: 'RUN' | 'DEBUG'): FlowDocument {
  const stops = [
    {
      uuid: '1',
      name: '城镇',
      bundle: 'cn.piflow.bundle.csv.CsvStringParser',
      properties: { string: '江南,120\nNorth,7', delimiter: ',', schema: 'town,people' },
      customizedProperties: {},
    },
    {
      uuid: '2',
      name: 'Show',
      bundle: 'cn.piflow.bundle.external.ShowData',
      properties: { showNumber: '5' },
      customizedProperties: {},
    },
  ];
  const paths = [{ from: '城镇', outport: '', inport: '', to: 'Show' }];
  return { flow: { name, uuid: '1', runMode, stops, paths } };
}

/** A flow that takes longer than any test waits. */
export function endless(): FlowDocument {
  const stops = [
    {
      uuid: '1',
      name: 'Mock',
      bundle: 'cn.piflow.bundle.common.MockData',
      properties: { schema: 'name:String,n:Int', count: '2000000000' },
    },
    {
      uuid: '2',
      name: 'Save',
      bundle: 'cn.piflow.bundle.csv.CsvSave',
      properties: { csvSavePath: 'hdfs:///endless', header: 'false', delimiter: ',' },
    },
  ];
  return {
    flow: { name: 'endless', uuid: '1', stops, paths: [{ from: 'Mock', outport: '', inport: '', to: 'Save' }] },
  };
}
