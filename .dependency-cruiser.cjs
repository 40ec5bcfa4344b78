// The layer table of ARCHITECTURE.md as rules. Each sentence says what is allowed.
const SERVICES = 'catalog|execution|scheduling|datasource|identity|gateway|cli|web';

/** What the tests of a service share; that of the chassis is a door for others. */
const TESTS_SHARE = '^services/(?!chassis/)[^/]+/src/testing/';

/** A rule: files of `from` may import what `allowed` matches within this repository, and nothing else of it. */
const only = (name, comment, from, allowed) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from.path, pathNot: ['\\.test\\.ts$', TESTS_SHARE, ...(from.pathNot ?? [])] },
  to: { path: '^(proto|kernel|plugins|services|deploy|test)/', pathNot: allowed },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files depend on each other in one direction; split out what two of them share.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    only('proto-alone', 'The contract imports nothing but itself.', { path: '^proto/' }, ['^proto/']),
    only(
      'sdk-alone',
      'The SDK imports nothing but itself, so that an author installs nothing else.',
      { path: '^plugins/sdk/' },
      ['^plugins/sdk/'],
    ),
    only(
      'plugins-alone',
      'A plugin imports the SDK and itself, never a neighbour.',
      { path: '^plugins/(engines|stops|bundles)/([^/]+)/' },
      ['^plugins/sdk/', '^plugins/$1/$2/'],
    ),
    only('kernel-below', 'The kernel imports the SDK.', { path: '^kernel/' }, ['^kernel/', '^plugins/sdk/']),
    only(
      'flow-below',
      'The reading and checking of flows imports the contract, the SDK and the kernel.',
      { path: '^services/flow/' },
      ['^services/flow/', '^proto/', '^plugins/sdk/', '^kernel/'],
    ),
    only('chassis-below', 'The chassis imports the contract and the SDK’s errors.', { path: '^services/chassis/' }, [
      '^services/chassis/',
      '^proto/',
      '^plugins/sdk/(src|dist)/errors',
    ]),
    only(
      'packages-below',
      'What is known of archives imports the SDK; what has packages run, in its own doors, the contract and the kernel.',
      { path: '^services/packages/' },
      ['^services/packages/', '^proto/', '^plugins/sdk/', '^kernel/'],
    ),
    only('python-below', 'What hosts Python imports the SDK and the kernel.', { path: '^services/python/' }, [
      '^services/python/',
      '^plugins/sdk/',
      '^kernel/',
    ]),
    only(
      'hosts',
      'Catalog, datasource and execution import the contract, the SDK, the kernel, the chassis and the libraries of flows, archives and Python, never a stop or another service.',
      { path: '^services/(catalog|datasource|execution)/' },
      ['^services/$1/', '^services/(chassis|flow|packages|python)/', '^proto/', '^plugins/sdk/', '^kernel/'],
    ),
    only(
      'services-meet-in-proto',
      'Every other service imports the contract and the chassis; services meet in proto/ and in events only.',
      { path: '^services/(scheduling|identity|gateway|web)/' },
      ['^services/$1/', '^services/chassis/', '^proto/'],
    ),
    only(
      'command-above',
      'The command imports the contract, the chassis, and what is known of archives and hubs.',
      { path: '^services/cli/' },
      ['^services/(cli|chassis|packages)/', '^proto/'],
    ),
    {
      name: 'dialects-apart',
      comment: 'A dialect imports the gateway and itself, never another dialect.',
      severity: 'error',
      from: { path: '^services/gateway/src/dialects/([^/]+)/' },
      to: { path: '^services/gateway/src/dialects/', pathNot: '^services/gateway/src/dialects/$1/' },
    },
    {
      name: 'front-door-only',
      comment: 'A package is imported by its front door: its index, or a door that its package.json names.',
      severity: 'error',
      from: { path: `^(kernel|plugins/(?:sdk|[^/]+/[^/]+)|services/(?:chassis|flow|packages|python|${SERVICES}))/` },
      to: {
        path: '^(kernel|plugins/sdk|plugins/(engines|stops|bundles)/[^/]+|services/[^/]+)/(src|dist)/',
        pathNot: [
          '^$1/',
          '/(src|dist)/index\\.(ts|js|d\\.ts)$',
          '^plugins/sdk/(src|dist)/(errors|testing/index)\\.',
          '^services/chassis/(src|dist)/(testing|packaging)/index\\.',
          '^services/flow/(src|dist)/files\\.',
          '^services/packages/(src|dist)/(hub|node|child)/index\\.',
        ],
      },
    },
    {
      name: 'nothing-imports-test',
      comment: 'Tests import anything; nothing imports tests.',
      severity: 'error',
      from: { pathNot: ['^test/', '\\.test\\.ts$', TESTS_SHARE] },
      to: { path: ['^test/', '\\.test\\.ts$'] },
    },
    {
      name: 'container-in-main',
      comment: 'The container of tsyringe is used where a service is wired: main.ts.',
      severity: 'error',
      from: { path: '^(kernel|plugins|proto)/' },
      to: { path: 'node_modules/tsyringe' },
    },
    {
      name: 'declared',
      comment: 'What a file imports stands in its package.json.',
      severity: 'error',
      from: { pathNot: ['\\.test\\.ts$', '/testing/', '^test/'] },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(proto/gen|proto/dist/google)/' },
    includeOnly: { path: '^(proto|kernel|plugins|services|test|node_modules)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default', 'types'] },
  },
};
