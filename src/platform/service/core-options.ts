/** What a core is made of. */
import type { BackupRecord } from "../../protocol/nodes.ts";
import type { Faults } from "../faults/error-boundary.ts";
import type { Log } from "../faults/log.ts";
import type { KvStores } from "../kv/kv-stores.ts";
import type { FunctionLogs } from "../logs/function-logs.ts";
import type { Clock } from "../machine/clock.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Store } from "../store/store.ts";
import type { SlotFiles } from "../telemetry/figures/slot-files.ts";
import type { Deployer } from "./deploy.ts";
import type { CoreIdentity } from "./streams.ts";

export interface CoreOptions {
	readonly version: string;
	readonly store: Store;
	readonly runtime: Runtime;
	/** The Deno KV stores of apps. */
	readonly kv: Pick<KvStores, "drop" | "keepOnly" | "sizes">;
	readonly logs: FunctionLogs;
	readonly deployer: Deployer;
	readonly identity: CoreIdentity;
	/** The most functions that start at the same time. */
	readonly startsMax: number;
	/** The most functions that run at the same time. */
	readonly processesMax: number;
	readonly log: Log;
	readonly clock: Clock;
	/** Error boundaries for callbacks of clients and functions. By default, new ones are made. */
	readonly faults?: Faults;
	/** Where the figures of the last 24 hours are kept. By default, nowhere. */
	readonly slotFiles?: SlotFiles;
	/** What is recorded of backups, the newest first. By default, nothing. */
	readonly backups?: (() => Promise<BackupRecord[]>) | undefined;
	/** Where it is kept whose store this is. Undefined: the store is in the data directory itself. */
	readonly originFile?: string | undefined;
	/** By default, `sqlite`. */
	readonly storeKind?: "sqlite" | "etcd";
	/** With several nodes: how long a node serves functions while it does not reach the store. */
	readonly staleAfterMs?: number | undefined;
}
