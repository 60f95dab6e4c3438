-- What a short name looks like at a glance (domain::slug::skeleton): nobody signs up under a name that passes for another one.
CREATE INDEX tenants_skeleton_idx ON platform.tenants
    ((replace(replace(replace(translate(slug, '01i5843792-', 'ollsbaetgz'), 'rn', 'm'), 'vv', 'w'), 'cl', 'd')));
