import { definePlugin } from '@sluice/plugin-sdk';
import { ftp, sftp } from './datasource.js';
import { downloadFromFtp } from './download.js';
import { uploadToFtp } from './upload.js';

export default definePlugin({ stops: [downloadFromFtp, uploadToFtp], datasources: [ftp, sftp] });
