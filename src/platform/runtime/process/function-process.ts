/** A process that the driver has started, and whose it is. */
import type { Admission } from "../../egress/network.ts";
import type { FunctionLifetime } from "../../functions/lifetimes.ts";
import type { Member } from "../../limits/limits.ts";
import type { InstanceDirectory } from "../files/instance-directory.ts";
import type { Launch } from "../runtime.ts";
import type { ProcessStorage } from "../storage/storage-watch.ts";
import type { DenoProcess } from "./deno-process.ts";

/** The lifetime of the function that a launch is for. A launch without one gets the lifetime of its names. */
export function lifetimeOf({ app, function: name, lifetime }: Launch): FunctionLifetime {
	return lifetime ?? { app, function: name };
}

/** A process with what belongs to it; whose it is may come later. */
export interface FunctionProcess<Files extends InstanceDirectory = InstanceDirectory> {
	readonly process: DenoProcess;
	readonly files: Files;
	readonly admission: Admission;
	readonly member: Member;
	/** Who is told of the variables that it reads. */
	readonly reads: { onRead: Launch["onRead"] };
}

/**
 * What a process keeps on the machine's file system, and what happens where that is too much.
 * @param all the function's processes: they keep it together, and are ended together
 */
export function storageOf(
	{ admission, files, process }: Pick<FunctionProcess, "admission" | "files" | "process">,
	all: () => Iterable<DenoProcess>,
): ProcessStorage {
	const { denoDirectory, temporary } = files;
	return {
		pid: process.pid,
		folders: admission.isBounded ? [denoDirectory] : [denoDirectory, temporary],
		onFull: (why) => {
			files.clearStorage();
			for (const each of all()) each.kill(why);
		},
	};
}
