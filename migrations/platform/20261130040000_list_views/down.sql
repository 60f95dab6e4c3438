DROP TABLE platform.favourites;
DROP TABLE platform.list_views;
