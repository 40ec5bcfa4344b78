import { definePlugin } from '@sluice/plugin-sdk';
import { emailClean } from './email-clean.js';
import { identityNumberClean } from './identity-number-clean.js';
import { phoneNumberClean } from './phone-number-clean.js';
import { provinceClean } from './province-clean.js';
import { titleClean } from './title-clean.js';

export default definePlugin({ stops: [emailClean, identityNumberClean, phoneNumberClean, provinceClean, titleClean] });
