import { definePlugin } from '@sluice/plugin-sdk';
import { deleteHdfs } from './delete-hdfs.js';
import { fileDownHdfs } from './file-down-hdfs.js';
import { getHdfs } from './get-hdfs.js';
import { listHdfs } from './list-hdfs.js';
import { putHdfs } from './put-hdfs.js';
import { saveToHdfs } from './save-to-hdfs.js';
import { selectFilesByName } from './select-files-by-name.js';
import { unzipFilesOnHdfs } from './unzip-files-on-hdfs.js';

export default definePlugin({
  stops: [deleteHdfs, fileDownHdfs, getHdfs, listHdfs, putHdfs, saveToHdfs, selectFilesByName, unzipFilesOnHdfs],
});
