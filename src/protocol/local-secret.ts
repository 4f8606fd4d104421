/**
 * The description of a secret that a platform stores for an app outside any vault. Pure.
 */
import * as z from "zod";

/** The latest time that a JavaScript Date can represent. */
export const INSTANT_MS_MAX = 8_640_000_000_000_000;

export const localSecretSchema = z.object({
	name: z.string().max(128),
	/** The product through which it was set. */
	origin: z.literal("base44"),
	/** Id of the access token that set it. */
	by: z.string().max(100),
	atMs: z.int().min(0).max(INSTANT_MS_MAX),
});
