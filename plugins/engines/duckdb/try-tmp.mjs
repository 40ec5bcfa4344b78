import { DuckDBInstance } from '@duckdb/node-api';
import { prepareInstance, answerLine, translateQuery } from './dist/sql/index.js';
import fs from 'node:fs'; import readline from 'node:readline';
const i = await DuckDBInstance.create(':memory:'); const c = await i.connect(); await prepareInstance(c);
const show = process.argv.includes('-x');
if (process.argv[2]==='-v') {
  const only = process.argv[3];
  const d = JSON.parse(fs.readFileSync('/work/shared/spark/functions.json','utf8'));
  let n={agree:0,name:0,refused:0,silent:0,error:0,expectedError:0}; const out=[];
  const core=d.examples.filter(e=>e.core);
  const sortRows=r=>JSON.stringify([...r].map(x=>JSON.stringify(x)).sort());
  for (const e of core) {
    if (only && !e.function.match(new RegExp('^('+only+')$'))) continue;
    const a = JSON.parse(await answerLine(c, JSON.stringify({sql:e.sql, zone:'UTC', ansi:false}), []));
    if (a.error) { if (e.off.error) {n.agree++; n.expectedError++;} else { n[a.error.reason.startsWith('SQL_UNSUPPORTED')||a.error.reason==='SQL_ANALYSIS'&&!a.error.message.includes('cannot run')?'refused':'error']++; out.push(['REFUSED',e.function,e.sql,a.error.reason,a.error.message]); } continue; }
    if (e.off.error) { n.silent++; out.push(['SILENT',e.function,e.sql,e.off.error,JSON.stringify(a)]); continue; }
    const ts=JSON.stringify(a.schema.map(x=>x[1]))===JSON.stringify(e.off.schema.map(x=>x[1]));
    const vs=sortRows(a.rows)===sortRows(e.off.rows);
    const ns=JSON.stringify(a.schema.map(x=>x[0]))===JSON.stringify(e.off.schema.map(x=>x[0]));
    if (ts&&vs) { n.agree++; if(!ns){n.name++; out.push(['NAME',e.function,e.sql,JSON.stringify(a.schema),JSON.stringify(e.off.schema)]);} }
    else { n.silent++; out.push(['SILENT',e.function,e.sql,JSON.stringify(a),JSON.stringify(e.off)]); }
  }
  const filter=process.argv[4];
  for (const o of out) if(!filter||o[0]===filter) console.log(o.map(x=>x.slice(0,600)).join('\n    '));
  console.log(n, core.length);
} else if (process.argv[2] && !show) {
  for (const sql of process.argv.slice(2)) { try { console.log(translateQuery(sql,[],{zone:'UTC',ansi:false}).sql);}catch(e){} console.log(await answerLine(c, JSON.stringify({sql}), [])); }
}
