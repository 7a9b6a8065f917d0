-- What the page says of a visitor, without proof: a JSON list of {key, type, value, updated_at}.
ALTER TABLE visitors ADD COLUMN custom_data TEXT NOT NULL DEFAULT '[]';
