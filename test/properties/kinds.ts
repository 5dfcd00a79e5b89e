// Random objects of every kind that bears on who reaches whom, over few names, so that things meet.
export * from './kinds/common';
export * from './kinds/gateways';
export * from './kinds/policies';
export * from './kinds/rules';
export * from './kinds/workloads';
