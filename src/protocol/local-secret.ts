/**
 * A secret that a platform keeps for an app by itself, as it tells of it. PURE.
 */
import { z } from "zod";

/** The last instant that a date can be made of. */
export const INSTANT_MS_MAX = 8_640_000_000_000_000;

export const localSecretSchema = z.object({
	name: z.string().max(128),
	/** How it came to the platform. */
	origin: z.literal("base44"),
	/** Id of the access token with which it was set. */
	by: z.string().max(100),
	atMs: z.int().min(0).max(INSTANT_MS_MAX),
});
