import type { DialectHandler, DialectRoute, DialectTools } from '../../dialect.js';
import { notYet } from './piflow.errors.js';
import { flowHandlers } from './piflow.flows.js';
import { machineHandlers } from './piflow.machine.js';
import { scheduleHandlers } from './piflow.schedules.js';
import { pluginHandlers } from './piflow.plugins.js';
import { stopsHubHandlers } from './piflow.stops-hub.js';
import { stopHandlers } from './piflow.stops.js';

/** PiFlow's routes. `GET /` is the gateway's own: it tells people from PiFlow's clients. */
export function routes(tools: DialectTools): readonly DialectRoute[] {
  const stop = stopHandlers(tools);
  const flow = flowHandlers(tools);
  const machine = machineHandlers(tools);
  const schedule = scheduleHandlers(tools);
  const plugin = pluginHandlers(tools);
  const stopsHub = stopsHubHandlers(tools);
  return [
    ['GET', '/stop/groups', stop.groups],
    ['GET', '/stop/list', stop.list],
    ['GET', '/stop/listWithGroup', stop.listWithGroup],
    ['GET', '/stop/info', stop.info],
    ['POST', '/stopsManage/stopsComponentList', stop.components],
    ['POST', '/stopsManage/updatestopsComponentIsShow', stop.showComponents],
    ['POST', '/flow/start', flow.start],
    ['POST', '/flow/stop', flow.stop],
    ['GET', '/flow/info', flow.info],
    ['GET', '/flow/progress', flow.progress],
    ['GET', '/flow/log', flow.log],
    ['GET', '/flow/checkpoints', flow.checkpoints],
    ['GET', '/flow/debugData', flow.debugData],
    ['GET', '/flow/visualizationData', flow.visualizationData],
    ['GET', '/flow/testDataPath', flow.testDataPath],
    ['GET', '/resource/info', machine.info],
    ['POST', '/group/start', later('run groups of flows', 'Start its flows one by one with /flow/start.')],
    ['POST', '/group/stop', later('run groups of flows', 'Stop its flows one by one with /flow/stop.')],
    ['GET', '/group/info', later('run groups of flows', 'Ask for its flows one by one with /flow/info.')],
    ['GET', '/group/progress', later('run groups of flows', 'Ask for its flows one by one with /flow/progress.')],
    ['POST', '/schedule/start', schedule.start],
    ['POST', '/schedule/stop', schedule.stop],
    ['GET', '/schedule/info', schedule.info],
    ['POST', '/plugin/add', plugin.add],
    ['POST', '/plugin/remove', plugin.remove],
    ['GET', '/plugin/info', plugin.info],
    ['GET', '/plugin/path', plugin.path],
    ['GET', '/sparkJar/path', plugin.sparkJarPath],
    ['POST', '/sparkJar/add', plugin.sparkJarAdd],
    ['POST', '/sparkJar/remove', plugin.sparkJarRemove],
    ['GET', '/stops/stopsHubListPage', stopsHub.list],
    ['POST', '/stops/mountStopsHub', stopsHub.mount],
    ['POST', '/stops/unmountStopsHub', stopsHub.unmount],
    ['POST', '/stops/delStopsHub', stopsHub.remove],
    ['POST', '/stops/stopsHubPublishing', stopsHub.publish],
    ['POST', '/user/bindDeveloperAccessKey', later('keep a key of the market for each user', 'Set hub.token.')],
    ['GET', '/visualDataDirectory/data', later('keep folders of CustomView stops', 'Write the rows with CsvSave.')],
  ];
}

/** A route that PiFlow has and Sluice does not serve yet. */
function later(what: string, remedy: string): DialectHandler {
  return () => Promise.reject(notYet(`Sluice does not ${what} yet. ${remedy}`));
}
