import type { MountedStop } from '@sluice/kernel';
import type { PortShape, Property, PropertyKind, Text } from '@sluice/plugin-sdk';
import {
  PortKind,
  PropertyKind as ProtoKind,
  type PortShape as ProtoPorts,
  type Property as ProtoProperty,
  type StopType,
} from '@sluice/proto/catalog/v1/stop';
import type { LocalizedText } from '@sluice/proto/common/v1/text';

/** A stop type as the catalog's contract says it. The kinds of both sides have the same names: the types check it. */
export function describeStopType({ manifest, plugin }: MountedStop, hidden: boolean): StopType {
  return {
    name: manifest.name,
    aliases: [...manifest.aliases],
    title: text(manifest.title),
    description: text(manifest.description),
    groups: [...manifest.groups],
    inports: ports(manifest.ports.in),
    outports: ports(manifest.ports.out),
    properties: Object.entries(manifest.properties).map(([name, property]) => describe(name, property)),
    customized: manifest.customized && text(manifest.customized),
    engines: [...manifest.engines],
    pure: manifest.pure,
    plugin: { name: plugin.name, version: plugin.version },
    icon: manifest.icon,
    owner: manifest.owner,
    hidden,
    usedBy: undefined,
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

function ports(shape: PortShape): ProtoPorts {
  const kind = shape.kind.toUpperCase() as Uppercase<PortShape['kind']>;
  return {
    kind: PortKind[`PORT_KIND_${kind}`],
    names: shape.kind === 'named' ? [...shape.names] : [],
    optional: 'optional' in shape && shape.optional === true,
  };
}

function text(text: Text): LocalizedText {
  return { en: text.en, zh: text.zh ?? '' };
}
