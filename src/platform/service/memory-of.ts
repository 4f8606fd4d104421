/** Reads the memory of the processes of functions. */
import type { FunctionLifetime } from "../functions/lifetimes.ts";
import { residentBytes } from "../runtime/process/memory-watch.ts";
import type { Core } from "./core.ts";

/** Each function that runs, with the resident memory of its process in bytes. */
export async function* memoryOf({
	apps,
	samples,
}: Pick<Core, "apps"> & { readonly samples: () => ReturnType<Core["samples"]> }): AsyncIterable<
	readonly [of: FunctionLifetime, bytes: number]
> {
	for (const { app, function: name, pid } of samples()) {
		const of = pid === undefined ? undefined : apps.find(app)?.functionLifetime(name);
		const bytes = pid === undefined ? undefined : await residentBytes(pid);
		if (of !== undefined && bytes !== undefined) yield [of, bytes];
	}
}
