import { testTorture } from "./in-short.ts";
import { torture } from "./kills.torture.ts";

// Its planted bugs show only where a kill hits their moment, which takes hundreds. `faults` is shown to catch the file
// that is written in place; that the lock outlives its holder, nothing in the tests plants.
testTorture({ ...torture, plants: [] }, { seed: 1 });
