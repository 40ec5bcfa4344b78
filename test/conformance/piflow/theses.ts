import type { Row } from './client.js';
import type { Workbench } from './workbench.js';

const XML = `<?xml version="1.0" encoding="UTF-8"?>
<dblp>
  <phdthesis mdate="2017" key="phd/Heine"><author>Carmen Heine</author><title>Reading &amp; Writing</title>
    <year>2010</year><pages>xii, 1-325</pages></phdthesis>
  <article key="x"><author>No One</author><title>Not a thesis</title></article>
  <phdthesis mdate="2018" key="phd/Hoff"><author>Gerd Hoff</author><title>论文题目</title><pages>1-12</pages></phdthesis>
  <phdthesis mdate="2019" key="phd/Mei"><author>Mei Lin</author><title>No Pages</title></phdthesis>
</dblp>`;

/** The theses in the XML file that PiFlow's examples read, as far as their flows select them. */
export const PRINTED: readonly Row[] = [
  { title: 'Reading & Writing', author: 'Carmen Heine', pages: 'xii, 1-325' },
  { title: '论文题目', author: 'Gerd Hoff', pages: '1-12' },
  { title: 'No Pages', author: 'Mei Lin' },
];

/** Those in the CSV file beside it. */
export const TYPED: readonly Row[] = [
  { title: 'Canals', author: 'Cy', pages: '9' },
  { title: 'Weirs, old', author: 'Di', pages: '10-11' },
];

/** The files that PiFlow's examples read, and none of those that they write. */
export async function givenThesisFiles(bench: Workbench): Promise<void> {
  await bench.given('xjzhu/dblp.mini.xml', XML);
  await bench.given('xjzhu/phdthesis.csv', 'Canals,Cy,9\n"Weirs, old",Di,10-11\n');
  await bench.gone('xjzhu/phdthesis.json');
  await bench.gone('xjzhu/phdthesis_result.csv');
}

/** The same, and the table that the examples append to, without rows. */
export async function givenTheses(bench: Workbench): Promise<void> {
  await givenThesisFiles(bench);
  await bench.givenTable('sparktest', 'dblp_phdthesis', 'title,author,pages\n');
}

/** Rows without what is NULL in them: JSON lines leave it out, or write it as an empty text. */
export function noNulls(rows: readonly Row[]): Row[] {
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== '')),
  );
}
