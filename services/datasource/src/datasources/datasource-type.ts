import type { MountedDatasource } from '@sluice/kernel';
import type { Property, PropertyKind, Text } from '@sluice/plugin-sdk';
import { PropertyKind as ProtoKind, type Property as ProtoProperty } from '@sluice/proto/catalog/v1/stop';
import type { LocalizedText } from '@sluice/proto/common/v1/text';
import type { DatasourceType } from '@sluice/proto/datasource/v1/datasource';

/** The type of datasources with free properties, which no plugin contributes. */
export const OTHER: DatasourceType = {
  name: 'other',
  aliases: [],
  title: { en: 'Other', zh: '其他' },
  description: {
    en: 'Free properties: stops that are bound to it get those of their names. It cannot be tested.',
    zh: '自由属性：绑定的组件取得同名属性的值。不能测试连接。',
  },
  family: 'other',
  properties: [],
  fills: {},
  plugin: '',
};

/** A type of datasource as the contract says it. */
export function describeType({ manifest, plugin }: MountedDatasource): DatasourceType {
  return {
    name: manifest.name,
    aliases: [...manifest.aliases],
    title: text(manifest.title),
    description: text(manifest.description),
    family: manifest.family,
    properties: Object.entries(manifest.properties).map(([name, property]) => describe(name, property)),
    fills: { ...manifest.fills },
    plugin: plugin.name,
  };
}

function describe(name: string, property: Property): ProtoProperty {
  const kind = property.kind.toUpperCase() as Uppercase<PropertyKind>;
  return {
    name,
    kind: ProtoKind[`PROPERTY_KIND_${kind}`],
    title: text(property.title ?? { en: name }),
    description: property.description && text(property.description),
    required: property.required ?? false,
    defaultValue: property.default,
    example: property.example,
    allowedValues: [...(property.values ?? [])],
    secret: property.secret,
    aliases: [...(property.aliases ?? [])],
    detail: property.detail ?? '',
  };
}

function text(given: Text): LocalizedText {
  return { en: given.en, zh: given.zh ?? '' };
}
