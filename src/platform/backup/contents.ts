/**
 * What a snapshot of the database needs besides itself: which apps and functions there are, and the blobs from
 * which these start. Read without the platform's identity, so nothing here is believed: a platform that starts
 * on it checks every entry.
 */
import { z } from "zod";
import { AppError, EXIT } from "../../errors.ts";
import { appEventSchema, platformEventSchema } from "../events.ts";
import { applyToFunctions, type FunctionState } from "../function-states.ts";
import { streamsOf } from "../store/snapshot.ts";

export interface Contents {
	readonly apps: number;
	readonly functions: number;
	/** Hashes of the bundles and source maps of the functions. */
	readonly blobs: ReadonlySet<string>;
}

const envelopeSchema = z.object({ type: z.string(), mac: z.string() }).loose();

function unreadable(stream: string, cause?: unknown): AppError {
	return new AppError({
		code: "STORE_DAMAGED",
		message: `An entry of the stream ${stream} is not readable.`,
		hint: "Restore the data directory from an earlier backup.",
		exit: EXIT.integrity,
		cause,
	});
}

/** The events of a stream, without the codes that only the platform can check. */
function eventsOf<Event>(stream: string, bodies: readonly string[], schema: z.ZodType<Event>, prefix = "") {
	return bodies.flatMap((body): Event[] => {
		try {
			const { mac: _, ...event } = envelopeSchema.parse(JSON.parse(body));
			return event.type.startsWith(prefix) ? [schema.parse(event)] : [];
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
	const apps = new Set<string>();
	for (const [name, bodies] of streamsOf(snapshot, "platform")) {
		for (const event of eventsOf(name, bodies, platformEventSchema, "app-")) {
			if (event.type === "app-created") apps.add(event.app);
			else if (event.type === "app-deleted") apps.delete(event.app);
		}
	}
	let count = 0;
	const blobs = new Set<string>();
	for (const [name, bodies] of streamsOf(snapshot, "/events")) {
		// What is left of an app whose deletion did not come to its end.
		if (!apps.has(name.split("/")[1] ?? "")) continue;
		const functions = new Map<string, FunctionState>();
		for (const event of eventsOf(name, bodies, appEventSchema)) applyToFunctions(functions, event);
		count += functions.size;
		for (const { deployment } of functions.values()) {
			blobs.add(deployment.bundle).add(deployment.sourceMap);
			for (const [, hash] of deployment.sources?.files ?? []) blobs.add(hash);
		}
	}
	return { apps: apps.size, functions: count, blobs };
}
