/** The JSON of PiFlow's server, field names as there. Keys that have no value are absent. */

/** `/stop/info`: truth values are texts, ports are joined by commas. */
export interface StopInfoReply {
  readonly StopInfo: StopInfo;
}

export interface StopInfo {
  readonly name: string;
  readonly bundle: string;
  readonly owner: string;
  readonly inports: string;
  readonly outports: string;
  readonly groups: string;
  readonly isCustomized: 'true' | 'false';
  readonly isDataSource: 'true' | 'false';
  readonly visualizationType: string;
  readonly description: string;
  /** A PNG in base64 with the line breaks of MIME. */
  readonly icon: string;
  readonly properties: readonly StopProperty[];
}

export interface StopProperty {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly defaultValue: string;
  /** `[""]` when any value is allowed. */
  readonly allowableValues: readonly string[];
  readonly required: 'true' | 'false';
  readonly sensitive: 'true' | 'false';
  readonly example: string;
  /** The editor that the web page opens. */
  readonly language: 'Text' | 'Sql' | 'Python' | 'Scala' | 'Shell';
}

export type FlowState = 'STARTED' | 'COMPLETED' | 'FAILED' | 'KILLED';
/** What a flow says before its first stop: YARN's word, as PiFlow asks YARN for flows that have not reported yet. */
export type WaitingState = 'ACCEPTED';
export type StopState = 'INIT' | 'STARTED' | 'COMPLETED' | 'FAILED' | 'KILLED';

/** `/flow/start`: the manual has `pid`, the server has not. */
export interface FlowStartReply {
  readonly flow: { readonly id: string; readonly pid: string };
}

/** `/flow/info` */
export interface FlowInfoReply {
  readonly flow: {
    readonly id: string;
    readonly pid?: string | undefined;
    readonly name: string;
    readonly state: FlowState | WaitingState;
    readonly startTime?: string | undefined;
    readonly endTime?: string | undefined;
    /** Percent without its sign: `100`, `50.0`. */
    readonly progress?: string | undefined;
    readonly stops: readonly { readonly stop: FlowStop }[];
  };
}

export interface FlowStop {
  readonly name: string;
  readonly state: StopState;
  readonly startTime?: string | undefined;
  readonly endTime?: string | undefined;
}

/** `/flow/progress`: the server has `FlowInfo`, the manual has `flow` with a percent sign. */
export interface FlowProgressReply {
  readonly FlowInfo: FlowProgress;
  readonly flow: FlowProgress;
}

export interface FlowProgress {
  readonly appId: string;
  readonly name: string;
  readonly state: FlowState | WaitingState;
  readonly progress: string;
}

/** `/flow/log`: an application as YARN's resource manager tells of it. Times are epoch milliseconds. */
export interface FlowLogReply {
  readonly app: {
    readonly id: string;
    readonly user: string;
    readonly name: string;
    readonly queue: string;
    readonly state: 'ACCEPTED' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED';
    readonly finalStatus: 'UNDEFINED' | 'SUCCEEDED' | 'FAILED' | 'KILLED';
    readonly progress: number;
    readonly trackingUI: 'UNASSIGNED' | 'ApplicationMaster' | 'History';
    readonly trackingUrl: string;
    readonly diagnostics: string;
    readonly clusterId: number;
    readonly applicationType: string;
    readonly applicationTags: string;
    readonly startedTime: number;
    readonly finishedTime: number;
    readonly elapsedTime: number;
    /** A page; `/stdout/?start=0` and `/stderr/?start=0` behind it are the log. */
    readonly amContainerLogs: string;
    readonly amHostHttpAddress: string;
  };
}

/** `/flow/debugData` */
export interface DebugDataReply {
  readonly schema: string;
  readonly debugDataPath: string;
}

/** `/schedule/info` */
export interface ScheduleReply {
  readonly id: string;
  readonly cronExpression: string;
  /** `yyyy-MM-dd HH:mm:ss`, or empty. */
  readonly startDate: string;
  readonly endDate: string;
  readonly state: 'STARTED' | 'STOPED';
  readonly createTime: string;
  readonly updateTime: string;
  /** The runs that it started, the first first. */
  readonly entryList: readonly { readonly scheduleEntryId: string; readonly scheduleEntryType: string }[];
}

/** `/resource/info` */
export interface ResourceReply {
  readonly resource: {
    readonly cpu: {
      readonly totalVirtualCores: number;
      readonly allocatedVirtualCores: number;
      readonly remainingVirtualCores: number;
    };
    readonly memory: {
      readonly totalMemoryGB: number;
      readonly allocatedMemoryGB: number;
      readonly remainingMemoryGB: number;
    };
    readonly hdfs: {
      readonly TotalCapacityGB: number;
      readonly remainingCapacityGB: number;
      readonly allocatedCapacityGB: number;
    };
  };
}

/** `/flow/visualizationData` for lines and bars; `legent` is PiFlow's spelling. */
export interface SeriesChart {
  readonly xAxis: { readonly type: string; readonly data: readonly string[] };
  readonly series: readonly {
    readonly name: string;
    readonly type: 'line' | 'bar';
    readonly stack: string;
    readonly data: readonly string[];
  }[];
  readonly legent: readonly string[];
}

/** `/flow/visualizationData` for points. */
export interface ScatterChart {
  readonly legend: readonly string[];
  readonly schema: readonly { readonly name: string; readonly index: number; readonly text: string }[];
  readonly series: readonly {
    readonly name: string;
    readonly type: 'scatter';
    readonly data: readonly (readonly string[])[];
  }[];
}

/** `/flow/visualizationData` for shares of a whole. */
export interface PieChart {
  readonly legend: readonly string[];
  readonly series: readonly { readonly name: string; readonly value: unknown }[];
}

/** `/flow/visualizationData` for rows. */
export interface TableChart {
  readonly schema: readonly string[];
  readonly data: readonly Readonly<Record<string, unknown>>[];
}

/** `/stopsManage/stopsComponentList` of PiFlow's web server: a group of components. `bundel` is its spelling. */
export interface ComponentGroup {
  readonly id: string;
  readonly groupName: string;
  readonly stopsComponentVoList: readonly {
    readonly id: string;
    readonly name: string;
    readonly bundel: string;
    readonly owner: string;
    readonly description: string;
    readonly groups: string;
    readonly isShow: boolean;
  }[];
}

/** `/stops/stopsHubListPage` of PiFlow's web server: a package. */
export interface StopsHubRow {
  readonly id: string;
  readonly jarName: string;
  readonly mountId: string;
  readonly status: { readonly text: 'MOUNT' | 'UNMOUNT' };
  readonly description: string;
  readonly crtDttm: string;
}
