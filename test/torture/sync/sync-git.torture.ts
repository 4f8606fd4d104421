/** Like `sync.torture.ts`. In addition, devices exchange the vault through git. */
import { PROFILES } from "./profiles.ts";
import { simulation } from "./torture.ts";

export const torture = simulation("sync beside git", {
	profiles: [PROFILES.git],
	rounds: { short: 10, long: 1_500 },
	plants: ["droppedRecord"],
});
