import type { Apps } from "../apps/apps.ts";
import { lifetimeKey } from "../functions/lifetimes.ts";
import type { Claim } from "./claims.ts";

/** Whether the automation of a claim exists and has the schedule of the claim. */
export function isListed(apps: Apps, { app, function: name, automation, anchorMs, life }: Claim): boolean {
	const found = apps.find(app);
	const present = found?.functionLifetime(name);
	const isSame = life === undefined || (present !== undefined && lifetimeKey(present) === life);
	return isSame && found?.state.functions.get(name)?.anchorsMs.get(automation) === anchorMs;
}
