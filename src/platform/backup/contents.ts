/**
 * What a snapshot of the database needs besides itself: which apps and functions there are, and the blobs from
 * which these start. Read without the platform's identity, so nothing here is believed: a platform that starts
 * on it checks every entry.
 */
import type { z } from "zod";
import { AppError, EXIT } from "../../errors.ts";
import { applyToFunctions, type FunctionState } from "../apps/function-states.ts";
import { eventOf } from "../events/event-stream.ts";
import { appEventSchema, PLATFORM_STREAM, platformEventSchema } from "../events/events.ts";
import { blobsOf } from "../functions/function.ts";
import { appLifetime } from "../functions/lifetimes.ts";
import { streamsOf } from "../store/snapshot.ts";

export interface Contents {
	readonly apps: number;
	readonly functions: number;
	/** Hashes of the bundles, source maps and sources of the functions, with the lives of the apps that have each. */
	readonly blobs: ReadonlyMap<string, ReadonlySet<string>>;
}

function unreadable(stream: string, cause?: unknown): AppError {
	return new AppError({
		code: "STORE_DAMAGED",
		message: `An entry of the stream ${stream} is not readable.`,
		hint: "Restore the data directory from an earlier backup.",
		exit: EXIT.integrity,
		cause,
	});
}

/** The events of a stream with their positions, without the codes that only the platform can check. */
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
 * Reads what a snapshot holds.
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
		// What is left of an app whose deletion did not come to its end.
		if (lifetime === undefined) continue;
		const functions = new Map<string, FunctionState>();
		for (const { event } of eventsOf(name, bodies, appEventSchema)) applyToFunctions(functions, event);
		count += functions.size;
		for (const hash of [...functions.values()].flatMap(({ deployment }) => blobsOf(deployment)))
			blobs.set(hash, (blobs.get(hash) ?? new Set<string>()).add(lifetime));
	}
	return { apps: apps.size, functions: count, blobs };
}
