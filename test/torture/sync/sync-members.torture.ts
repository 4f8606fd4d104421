/** Like `sync.torture.ts`. In addition, members join and leave while others have unsent changes. */
import { PROFILES } from "./profiles.ts";
import { simulation } from "./torture.ts";

export const torture = simulation("sync while members come and leave", {
	profiles: [PROFILES.members],
	rounds: { short: 10, long: 1_500 },
	plants: ["idleVersion"],
});
