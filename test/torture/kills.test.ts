import { testTorture } from "./in-short.ts";
import { torture } from "./kills.torture.ts";

// Its planted bugs show only where a kill hits their moment, which takes hundreds; `faults` is shown to catch the same ones.
testTorture({ ...torture, plants: [] }, { seed: 1 });
