/**
 * What a node shows the others in the store. A code, made with a key of the platform's identity, keeps others with access
 * to the store from inventing nodes.
 */
import * as z from "zod";
import { equalBytes, lengthPrefixed } from "../../bytes.ts";
import { fromBase64, hash, toBase64 } from "../../crypto.ts";

const DOMAIN = "coffer/node/1";
/** The most apps of which a node shows its progress, or that it tries. */
export const PROGRESS_MAX = 100;

const progressSchema = z.object({
	app: z.string(),
	/** The last event of the app that the node has followed. */
	revision: z.int().min(0),
	/** The functions that did not start on the node. */
	failed: z.array(z.string()),
});
export type Progress = z.infer<typeof progressSchema>;

/** A newer version may show more, which is ignored: nodes of both versions run during an upgrade. */
const nodeSchema = z.object({
	node: z.string().max(100),
	version: z.string().max(100),
	/** URL of its control API. */
	control: z.string().max(1000),
	/** URL under which other nodes reach its control API. Empty if there is none. */
	address: z.string().max(1000).default(""),
	/** For which other nodes make their requests (`calls/tickets.ts`). */
	ticket: z.string().max(100).default(""),
	startedAtMs: z.int().min(0),
	/** Whether it is stopping. */
	isStopping: z.boolean(),
	/** The last entry of the stream `platform` that it has applied. */
	platformRevision: z.int().min(0),
	/**
	 * The last entry of the stream `platform` that it has followed: apps that were deleted until then have no process here
	 * any more, and no gateway routes requests to them. Absent from earlier versions.
	 */
	platformFollowed: z.int().min(0).optional(),
	/** The number of functions in each state. */
	functions: z.object({ live: z.int(), idle: z.int(), failed: z.int() }),
	/** The apps of which it starts functions with values or versions that the other nodes do not have yet. */
	trying: z.array(z.string()).max(PROGRESS_MAX).default([]),
	/** Its last steps, the newest last. */
	progress: z.array(progressSchema).max(PROGRESS_MAX),
});
export type NodeInfo = z.infer<typeof nodeSchema>;

const envelopeSchema = z.strictObject({ text: z.string(), code: z.string() });

function codeOf(key: Uint8Array, text: string): Uint8Array {
	return hash(lengthPrefixed(DOMAIN, text), key);
}

/** @param key the key of the platform's identity for stored state: 32 bytes */
export function formatNode(info: NodeInfo, key: Uint8Array): string {
	const text = JSON.stringify(info);
	return JSON.stringify({ text, code: toBase64(codeOf(key, text)) });
}

/** Undefined if no node of this platform wrote it. */
export function parseNode(shown: string, key: Uint8Array): NodeInfo | undefined {
	const { data } = envelopeSchema.safeParse(parsed(shown));
	const code = data && fromBase64(data.code);
	if (data === undefined || code === undefined || !equalBytes(code, codeOf(key, data.text))) return undefined;
	return nodeSchema.safeParse(parsed(data.text)).data;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
