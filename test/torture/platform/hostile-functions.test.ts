import { testTorture } from "../in-short.ts";
import { torture } from "./hostile-functions.torture.ts";

testTorture(torture, { seed: 7 });
