import { definePlugin } from '@sluice/plugin-sdk';

export default definePlugin({ stops: [] });
