/**
 * Reads which apps, functions and blobs a snapshot of the database has. This does not need the platform's identity, so
 * the result is not trusted: a platform that starts on the data checks every entry.
 */
import type * as z from "zod";
import { AppError, EXIT } from "../../errors.ts";
import { applyToFunctions, type FunctionState } from "../apps/state/function-states.ts";
import { eventOf } from "../events/event-text.ts";
import { appEventSchema, PLATFORM_STREAM, platformEventSchema } from "../events/events.ts";
import { blobsOf } from "../functions/function.ts";
import { appLifetime } from "../functions/lifetimes.ts";
import { streamsOf } from "../store/snapshot.ts";

export interface Contents {
	readonly apps: number;
	/** The ids of the lifetimes of the apps. */
	readonly lifetimes: readonly string[];
	readonly functions: number;
	/**
	 * Hashes of the bundles, source maps and sources of functions, each with the ids of the lifetimes of the
	 * apps that have it.
	 */
	readonly blobs: ReadonlyMap<string, ReadonlySet<string>>;
}

function unreadable(stream: string, cause?: unknown): AppError {
	return new AppError({
		code: "STORE_DAMAGED",
		message: `An entry of the stream ${stream} cannot be read.`,
		hint: "Restore the data directory from an earlier backup.",
		exit: EXIT.integrity,
		cause,
	});
}

/** The events of a stream with their positions. Their codes are not checked: only the platform can do that. */
function eventsOf<Event>(stream: string, bodies: readonly string[], schema: z.ZodType<Event>, prefix = "") {
	return bodies.flatMap((body, index): { event: Event; revision: number }[] => {
		try {
			const event = eventOf(body);
			if (event === undefined || !String(event.type).startsWith(prefix)) return [];
			return [{ event: schema.parse(event), revision: index + 1 }];
		} catch (cause) {
			throw unreadable(stream, cause);
		}
	});
}

/**
 * Reads the contents of a snapshot.
 * @throws AppError `STORE_DAMAGED` (exit 7), and as `openDatabase`
 */
export function contentsOf(snapshot: string): Contents {
	const apps = new Map<string, string>();
	for (const [name, bodies] of streamsOf(snapshot, PLATFORM_STREAM)) {
		for (const { event, revision } of eventsOf(name, bodies, platformEventSchema, "app-")) {
			if (event.type === "app-created") apps.set(event.app, appLifetime(event, revision).id);
			else if (event.type === "app-deleted") apps.delete(event.app);
		}
	}
	let count = 0;
	const blobs = new Map<string, Set<string>>();
	for (const [name, bodies] of streamsOf(snapshot, "/events")) {
		const lifetime = apps.get(name.split("/")[1] ?? "");
		// An interrupted deletion of an app left this stream.
		if (lifetime === undefined) continue;
		const functions = new Map<string, FunctionState>();
		for (const { event } of eventsOf(name, bodies, appEventSchema)) applyToFunctions(functions, event);
		count += functions.size;
		for (const hash of [...functions.values()].flatMap(({ deployment }) => blobsOf(deployment)))
			blobs.set(hash, (blobs.get(hash) ?? new Set<string>()).add(lifetime));
	}
	return { apps: apps.size, lifetimes: [...apps.values()], functions: count, blobs };
}
