/** A process that the runtime has started, with its resources. */
import { rm } from "node:fs/promises";
import type { NetworkAttachment } from "../../egress/network.ts";
import type { FunctionLifetime } from "../../functions/lifetimes.ts";
import type { LimitedProcess } from "../../limits/limits.ts";
import type { DenoRuntimeOptions } from "../deno-options.ts";
import type { InstanceDirectory } from "../files/instance-directory.ts";
import type { Audit } from "../output/permission-audit.ts";
import type { Launch } from "../runtime.ts";
import type { ProcessStorage } from "../storage/storage-watch.ts";
import { DenoProcess, type ProcessSpecification } from "./deno-process.ts";

/** The lifetime of a launch's function. A launch without one gets a lifetime that consists of its names. */
export function lifetimeOf({ app, function: name, lifetime }: Launch): FunctionLifetime {
	return lifetime ?? { app, function: name };
}

/**
 * Whether a lifetime belongs to a function, or to any function of an app.
 * @param of the function; or its app's lifetime alone, for all functions of the app
 */
export function isIncluded(
	lifetime: FunctionLifetime | undefined,
	of: { readonly app: string; readonly function?: string | undefined },
): boolean {
	return lifetime?.app === of.app && lifetime.function === (of.function ?? lifetime.function);
}

/** A process with its resources. It may have no function yet. */
export interface FunctionProcess<Files extends InstanceDirectory = InstanceDirectory> {
	readonly process: DenoProcess;
	readonly files: Files;
	readonly attachment: NetworkAttachment;
	readonly limited: LimitedProcess;
	/** The permission audit. Undefined if it cannot be read. */
	readonly audit: Audit | undefined;
	/** The listener for the variables that the process reads. */
	readonly reads: { onRead: Launch["onRead"] };
}

/**
 * The storage of a process, and the reaction when it is full: all processes of the function are ended.
 * @param all the function's processes, which share the storage
 */
export function storageOf(
	{ attachment, files, process }: Pick<FunctionProcess, "attachment" | "files" | "process">,
	all: () => Iterable<DenoProcess>,
): ProcessStorage {
	const { denoDirectory, temporary } = files;
	return {
		pid: process.pid,
		folders: attachment.hasBoundedTemporary ? [denoDirectory] : [denoDirectory, temporary],
		onFull: (why) => {
			files.clearStorage();
			for (const each of all()) each.kill(why);
		},
	};
}

/**
 * The process environment that a process starts with. The function's own variables come later, over the control
 * socket.
 * @param hasAudit whether Deno writes the names of the variables that it reads to the permission audit
 */
export function variablesOf(files: InstanceDirectory, hasAudit: boolean): Readonly<Record<string, string>> {
	const { auditPath, denoDirectory, temporary } = files;
	return {
		DENO_DIR: denoDirectory,
		DENO_NO_UPDATE_CHECK: "1",
		NO_COLOR: "1",
		TMPDIR: temporary,
		...(hasAudit && auditPath !== undefined ? { DENO_AUDIT_PERMISSIONS: auditPath } : {}),
	};
}

/** Spawns a process. If that fails, its network and its files are removed. @throws the error of the spawn */
export async function spawnProcess(
	files: InstanceDirectory,
	attachment: NetworkAttachment,
	specification: ProcessSpecification,
): Promise<DenoProcess> {
	try {
		return new DenoProcess(specification);
	} catch (error) {
		attachment.detach();
		await files.release();
		throw error;
	}
}

/** Listens for a connection of a process to the store of its app. @throws if that is not possible */
export async function openStoreFor(
	{ storePath, user }: Pick<InstanceDirectory, "storePath" | "user">,
	app: string,
	open: DenoRuntimeOptions["openStore"],
): Promise<void> {
	if (open === undefined) throw new Error("Functions have no store.");
	// Remove the socket of an earlier connection.
	await rm(storePath, { force: true });
	await open({ path: storePath, gid: user?.gid, app });
}
