import type { HubTexts } from './en-hub.js';

/** The texts of hubs in Chinese. */
export const hubTexts: HubTexts = {
  help: {
    hub: '在 npm 仓库或存放包文件的目录中查找、安装和发布组件包',
    hubSearch: '列出带有关键字 sluice-plugin 的包',
    hubInfo: '显示仓库中的一个包、其版本以及本平台已有的版本',
    hubInstall: '获取包（名称、名称@版本 或 名称@范围），校验、上传并挂载',
    hubPublish: '构建、检查并发布目录中的包',
    hubOutdated: '列出本平台中已有更新版本的包',
  },
  options: {
    registry: '仓库地址，或存放包文件的目录',
    noMount: '只上传，不挂载',
    tag: '指向该版本的标签',
    access: '谁可以读取带作用域的包',
    provenance: '说明包在何处构建的 sigstore 文件',
    dryRun: '除最后一步外全部执行',
  },
  hub: {
    columns: { name: '包', version: '版本', about: '说明', here: '本平台', newest: '最新' },
    none: (where) => `在 ${where} 中没有找到带有关键字 sluice-plugin 的包`,
    latest: '最新版本',
    versions: '所有版本',
    here: '本平台已有',
    license: '许可证',
    homepage: '主页',
    integrity: '完整性',
    provenance: '来源证明',
    hasProvenance: '有；安装时验证',
    noPlugin: '该版本不是插件：package.json 中没有 sluice 字段。',
    deprecated: (name, why) => `${name} 已弃用：${why}`,
    fetched: (name, size, from) => `已从 ${from} 获取 ${name}（${size}），完整性校验通过`,
    fetchedUnchecked: (name, size, from) => `已从 ${from} 获取 ${name}（${size}）；仓库未提供完整性信息`,
    published: (name, where) => `${name} 已发布到 ${where}`,
    wouldPublish: (name, where, size) => `${name}（${size}）将发布到 ${where}`,
    current: '本平台中仓库已有的包都是最新版本',
    unknown: (names) => `仓库中没有 ${names}`,
  },
};
