DROP INDEX platform.tenants_skeleton_idx;
