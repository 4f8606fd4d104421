import { torture } from "./hostile-functions.torture.ts";
import { testTorture } from "./in-short.ts";

testTorture(torture, { seed: 7 });
